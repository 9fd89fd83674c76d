; The installer's sentences in Simplified Chinese, over compiler:Default.isl, which has those left out.
; Not run yet; see docs/administrators.md.

[LangOptions]
LanguageName=<7B80><4F53><4E2D><6587>
LanguageID=$0804
LanguageCodePage=936

[Messages]
SetupAppTitle=安装
SetupWindowTitle=安装 - %1
UninstallAppTitle=卸载
UninstallAppFullTitle=卸载 %1
InformationTitle=提示
ConfirmTitle=请确认
ErrorTitle=错误
PrivilegesRequiredOverrideTitle=安装方式
PrivilegesRequiredOverrideInstruction=为谁安装?
PrivilegesRequiredOverrideText1=%1 可以为本机所有用户安装(需要管理员权限),也可以只为您安装。
PrivilegesRequiredOverrideText2=%1 可以只为您安装,也可以为本机所有用户安装(需要管理员权限)。
PrivilegesRequiredOverrideAllUsers=为所有用户安装(&A)
PrivilegesRequiredOverrideAllUsersRecommended=为所有用户安装(&A)(推荐)
PrivilegesRequiredOverrideCurrentUser=只为我安装(&M)
PrivilegesRequiredOverrideCurrentUserRecommended=只为我安装(&M)(推荐)
ButtonBack=< 上一步(&B)
ButtonNext=下一步(&N) >
ButtonInstall=安装(&I)
ButtonOK=确定
ButtonCancel=取消
ButtonYes=是(&Y)
ButtonNo=否(&N)
ButtonFinish=完成(&F)
ButtonBrowse=浏览(&B)…
ButtonWizardBrowse=浏览(&R)…
ExitSetupTitle=退出安装
ExitSetupMessage=安装尚未完成。现在退出则程序不会安装,以后可以重新运行安装程序。%n%n要退出吗?
ClickNext=单击“下一步”继续,单击“取消”退出安装。
WelcomeLabel1=欢迎安装 [name]
WelcomeLabel2=即将在您的电脑上安装 [name/ver]。%n%n电子钥匙中的证书不受影响。
WizardSelectDir=选择安装位置
SelectDirDesc=将 [name] 安装到哪里?
SelectDirLabel3=[name] 将安装到以下文件夹。
SelectDirBrowseLabel=单击“下一步”继续;单击“浏览”选择其他文件夹。
DiskSpaceGBLabel=至少需要 [gb] GB 可用磁盘空间。
DiskSpaceMBLabel=至少需要 [mb] MB 可用磁盘空间。
WizardReady=准备安装
ReadyLabel1=即将开始安装 [name]。
ReadyLabel2a=单击“安装”开始;单击“上一步”可以查看或更改设置。
ReadyLabel2b=单击“安装”开始。
ReadyMemoDir=安装位置:
WizardPreparing=正在准备安装
PreparingDesc=正在准备安装 [name]。
WizardInstalling=正在安装
InstallingLabel=正在安装 [name],请稍候。
FinishedHeadingLabel=[name] 安装完成
FinishedLabelNoIcons=[name] 已安装完成。
FinishedLabel=[name] 已安装完成,可以从“开始”菜单打开。
ClickFinish=单击“完成”退出。
StatusExtractFiles=正在复制文件…
StatusCreateIcons=正在创建快捷方式…
StatusCreateRegistryEntries=正在写入注册表…
StatusRunProgram=正在完成安装…
StatusUninstalling=正在卸载 %1…
ConfirmUninstall=要卸载 %1 吗?已保存的设置和正在进行的更新会保留。
WizardUninstalling=卸载状态
UninstallStatusLabel=正在卸载 %1,请稍候。
UninstalledAll=%1 已卸载。

[CustomMessages]
LaunchProgram=启动 %1
